# Prints the kernel's account of the memory of whoever listens at the port $1, in hexadecimal digits
# as the kernel writes them; nothing where that cannot be seen.
export LC_ALL=C
PATH=$PATH:/usr/local/bin:/usr/bin:/bin
for table in /proc/net/tcp /proc/net/tcp6; do
  [ -r "$table" ] || continue
  while read -r _ address _ state _ _ _ _ _ inode _; do
    case $address in *:"$1") ;; *) continue ;; esac
    [ "$state" = 0A ] || continue
    # Each folder's name stands above what it holds.
    process=$(ls -l /proc/[0-9]*/fd/ 2>/dev/null |
      sed -n -e '/^\/proc\//h' \
        -e "/ socket:\[$inode\]\$/{x;s|^/proc/\([0-9]*\)/.*|\1|p;q;}")
    [ -z "$process" ] || cat "/proc/$process/smaps_rollup"
    exit
  done <"$table"
done 2>/dev/null
