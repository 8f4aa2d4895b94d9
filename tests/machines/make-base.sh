#!/bin/sh
# Makes the system that test machines boot, once: Debian with systemd, sshd and sudo, from the
# mirror that this machine's own apt uses. Needs root, debootstrap and half a minute.
# With `--check`, it only says by its exit code whether that was done. With `--python`, it makes
# another one beside it that has Python too, which Ansible needs on each machine.
#
# The version in the folder's name changes together with what is made here.
set -eu
base=/var/cache/orch-test-machines/base-2
packages=systemd,systemd-sysv,openssh-server,iproute2,dbus,sudo,procps,libfaketime
case ${1-} in --python) base=$base-python packages=$packages,python3 ;; esac
if [ -e "$base/etc/orch-test-machine" ]; then exit 0; fi
if [ "${1-}" = --check ]; then exit 1; fi

# shellcheck disable=SC2046 # address and release are two words
set -- $(apt-get indextargets --format '$(COMPONENT) $(REPO_URI) $(CODENAME)' \
  'Created-By: Packages' 'Label: Debian' | sed -n 's/^main //p' | head -n 1)
[ $# -eq 2 ] || { echo "apt names no mirror of Debian; run \`apt-get update\`" >&2; exit 1; }
proxy=
eval "$(apt-config shell proxy Acquire::http::Proxy)"
[ -z "$proxy" ] || export http_proxy="$proxy"

new=$base.$$
trap 'rm -rf "$new"' EXIT
mkdir -p "$new"
debootstrap --variant=minbase --include="$packages" "$2" "$new" "$1"

chroot "$new" useradd --create-home --shell /bin/bash deploy
chroot "$new" useradd --create-home --shell /bin/sh --groups sudo clerk
echo 'deploy ALL=(root) NOPASSWD: ALL' >"$new/etc/sudoers.d/deploy"
echo 'clerk:secret' | chroot "$new" chpasswd
cat >"$new/etc/ssh/sshd_config.d/orch.conf" <<'CONFIGURATION'
HostKey /etc/ssh/orch_host_key
AuthorizedKeysFile /etc/ssh/orch_authorized
UseDNS no
MaxStartups 100
CONFIGURATION
rm -f "$new"/etc/ssh/ssh_host_* "$new"/var/cache/apt/archives/*.deb
# No login waits for a session manager, and nothing runs by the clock.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer; do
  ln -sf /dev/null "$new/etc/systemd/system/$unit"
done
touch "$new/etc/orch-test-machine"
rm -rf "$base"
mv "$new" "$base"
