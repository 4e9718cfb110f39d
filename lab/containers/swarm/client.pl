# Asks http://api:8080/ five times a second and writes a line for each: `SECONDS ANSWER`, or `SECONDS - REASON`.
# Looks the name up each time, as the addresses behind it change, and asks once more when a task has just gone.
# Ends after the number of seconds that is its argument.
use strict;
use warnings;
use IO::Socket::INET;

$| = 1;
$SIG{PIPE} = 'IGNORE';
my $until = time + shift;
while (time < $until) {
    my ($answer, $why) = ask();
    ($answer, $why) = ask() unless defined $answer;
    printf "%d %s\n", time, $answer // "- $why";
    select undef, undef, undef, 0.2;
}

sub ask {
    my $socket = IO::Socket::INET->new(PeerAddr => 'api', PeerPort => 8080, Timeout => 2) or return (undef, "$@");
    print $socket "GET / HTTP/1.0\r\n\r\n";
    my @lines;
    eval {
        local $SIG{ALRM} = sub { die "no answer within 2 s\n" };
        alarm 2;
        @lines = <$socket>;
        alarm 0;
    };
    return (undef, "an empty answer") unless @lines && $lines[0] =~ /^HTTP\S+ 200/;
    chomp $lines[-1];
    return $lines[-1];
}
