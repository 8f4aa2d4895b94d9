# Ends the process whose number stands in the file $1, as soon as it does. What that started ends with
# its group.
until read -r process <"$1"; do sleep 0.1; done 2>/dev/null
kill -KILL "$process"
