# What a machine knows of a service. $1: its home; then the programs that it must have.
case $1 in
/*) home=$1 ;;
*) home=$HOME/$1 ;;
esac
shift
line() { cat "$home/$1" 2>/dev/null | tr -d '\n'; }
printf 'home %s\n' "$home"
printf 'live %s\n' "$(readlink "$home/live" 2>/dev/null)"
printf 'record %s\n' "$(line orch.json)"
printf 'lock %s\n' "$(line lock)"
printf 'releases %s\n' "$(ls "$home/releases" 2>/dev/null | tr '\n' ' ')"
for program; do
	command -v "$program" >/dev/null 2>&1 || printf 'missing %s\n' "$program"
done
echo end
