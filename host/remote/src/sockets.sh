# Prints the tables of this machine's TCP sockets, one behind the other.
for table in /proc/net/tcp /proc/net/tcp6; do
  [ ! -r "$table" ] || cat "$table"
done
