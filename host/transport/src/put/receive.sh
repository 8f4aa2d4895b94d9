# Appends standard input to what came through of a parcel, and unpacks it when it is whole.
# $1: where it is kept  $2: how many bytes are there  $3: how many it has  $4: its SHA-256
#
# A parcel is compressed by gzip. Its first 16 bytes are a number with a line break: so many
# bytes follow of a script that calls the functions below; then literal content.
export LC_ALL=C
part=$1 bundle=$1.open new=
set -e
umask 077
[ -d "${part%/*}" ] || (umask 022; mkdir -p "${part%/*}/")
# A file of its own: what still arrives of a transfer that was cut goes where nobody looks.
if [ "$2" = 0 ]; then
  rm -f "$part"
  : >"$part"
else
  { head -c "$2" "$part" >"$bundle" && mv -fT "$bundle" "$part"; } || { rm -f "$bundle" "$part"; exit 1; }
fi
[ "$(wc -c <"$part")" -eq "$2" ] || { echo "another transfer is under way" >&2; exit 1; }
# Without room there is no use in keeping what came.
cat >>"$part" || { rm -f "$part"; exit 1; }
[ "$(wc -c <"$part")" -eq "$3" ] || { echo "the connection broke" >&2; exit 1; }
trap 'rm -f "$part" "$bundle" "$bundle.said" "$new"' EXIT
[ "$(sha256sum <"$part")" = "$4  -" ] || { echo "it was damaged on the way" >&2; exit 1; }
gzip -dc <"$part" >"$bundle"
recipe=$(head -c 15 "$bundle")
recipe=${recipe#"${recipe%%[!0]*}"}

# Begins the file $1.
begin() {
  [ -d "${1%/*}" ] || (umask 022; mkdir -p "${1%/*}/")
  new=$1.orch-$$
  : >"$new"
}
# Adds $3 bytes of the file $1, from byte $2 on. A `dd` that counts in bytes is one process, and
# looks at nothing before them.
if dd if=/dev/null iflag=skip_bytes,count_bytes skip=0 count=0 2>/dev/null; then
  old() {
    dd if="$1" bs=65536 iflag=skip_bytes,count_bytes skip="$2" count="$3" 2>"$bundle.said" >>"$new" ||
      { cat "$bundle.said" >&2; return 1; }
  }
else
  old() { tail -c "+$(($2 + 1))" "$1" | head -c "$3" >>"$new"; }
fi
# Adds $2 bytes of the literal content, from byte $1 on.
literal() { old "$bundle" "$((16 + recipe + $1))" "$2"; }
# Ends the file $1, which has the digest $2 and the mode $3.
end() {
  [ "$(sha256sum <"$new")" = "$2  -" ] || { echo "\`$1\` did not come out as it should" >&2; exit 1; }
  chmod "$3" "$new"
  sync "$new" 2>/dev/null || sync
  mv -fT "$new" "$1"
  rm -f "$1".*.part
}
eval "$(tail -c +17 "$bundle" | head -c "$recipe")"
