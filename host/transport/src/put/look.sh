# Answers questions about files on this machine. Each is four arguments:
#   part FILE - -          how much of an earlier transfer came through: `part NAME BYTES`
#   old FILE SHA256 -      whether the content is as it should be: `old FILE`
#   have FILE SHA256 MODE  the same for a file at its place, whose mode is set: `have FILE`
#   copy FILE SHA256 OLD   whether the file before could be made from that one: `have FILE`
export LC_ALL=C
set -e
new=
trap 'rm -f "$new"' EXIT
same() { [ -f "$2" ] && [ "$(sha256sum <"$2")" = "$1  -" ]; }
had=
while [ $# -ge 4 ]; do
  question=$1 file=$2 digest=$3 more=$4
  shift 4
  case $question in
    part)
      for part in "$file".*.part; do
        [ ! -f "$part" ] || echo "part ${part##*/} $(wc -c <"$part")"
      done
      ;;
    old)
      ! same "$digest" "$file" || echo "old $file"
      ;;
    have)
      had=no mode=$more
      if same "$digest" "$file"; then
        had=yes
        chmod "$mode" "$file"
        echo "have $file"
      fi
      ;;
    copy)
      if [ "$had" = no ] && same "$digest" "$more"; then
        [ -d "${file%/*}" ] || mkdir -p "${file%/*}/"
        new=$file.orch-$$
        cp --reflink=auto "$more" "$new" 2>/dev/null || cp "$more" "$new"
        chmod "$mode" "$new"
        sync "$new" 2>/dev/null || sync
        mv -fT "$new" "$file"
        had=yes
        echo "have $file"
      fi
      ;;
  esac
done
