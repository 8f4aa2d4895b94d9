# Prepares the folder $1 for one more run and becomes what follows. With $2 `cold`, what it was
# given is taken out of the kernel's cache before. $3 folders are made, and it works in the first.
export LC_ALL=C
PATH=$PATH:/usr/local/bin:/usr/bin:/bin
cd "$1" && rm -rf scratch output && mkdir -p source output scratch/home scratch/tmp || exit
[ ! -d files ] || cp -R files/. scratch || exit
if [ "$2" = cold ]; then
  find artifact -type f >.cold
  while IFS= read -r file; do
    # So GNU's dd drops a whole file from the cache.
    dd if="$file" iflag=nocache count=0 2>/dev/null || { echo orch-no-nocache >&2; exit 3; }
  done <.cold
fi
folders=$3
cd "$4" 2>/dev/null || { mkdir -p "$4" && cd "$4"; } || exit
shift 3
while [ "$folders" -gt 0 ]; do
  mkdir -p "$1" || exit
  shift
  folders=$((folders - 1))
done
exec "$@"
