# Reads `+ 123` and `- 123`: processes to watch and to let go. At the end of input whoever
# started them is gone: ends them, and removes the folder $1, which is theirs.
watched=
while read -r sign process; do
  left=
  for other in $watched; do
    [ "$other" = "$process" ] || left="$left $other"
  done
  watched=$left
  [ "$sign" = - ] || watched="$watched $process"
done
for process in $watched; do
  kill -KILL "$process"
done
rm -rf "$1"
