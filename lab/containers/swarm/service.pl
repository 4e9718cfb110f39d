# Answers every request with the name of its release, on port 8080, until SIGTERM; what has been accepted is answered.
# Knows nothing of cryptography: the library that it is shipped with is what the health check is about.
use strict;
use warnings;
use IO::Socket::INET;

my $ends = 0;
$SIG{TERM} = sub { $ends = 1 };
$SIG{PIPE} = 'IGNORE';
my $listener = IO::Socket::INET->new(LocalPort => 8080, Listen => 64, ReuseAddr => 1, Timeout => 0.2)
    or die "port 8080: $@\n";
until ($ends) {
    my $client = $listener->accept or next;
    my $request = <$client>;
    print $client "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n$ENV{RELEASE}\n";
    close $client;
}
