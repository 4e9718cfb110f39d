# From `nft -j list counters` to the text that node-exporter reads.
[.nftables[].counter | select(. != null)] | sort_by(.name) |
("# HELP firewall_packets_total Packets that a named counter of the ruleset has seen.",
 "# TYPE firewall_packets_total counter",
 (.[] | "firewall_packets_total{counter=\"\(.name)\"} \(.packets)"),
 "# HELP firewall_bytes_total Bytes that a named counter of the ruleset has seen.",
 "# TYPE firewall_bytes_total counter",
 (.[] | "firewall_bytes_total{counter=\"\(.name)\"} \(.bytes)"))
