#!/bin/sh
# Builds the root file system of the sandbox image as a tar archive, from the packages of this machine's own
# distribution (Debian or a relative of it). Needs apt, dpkg and tar; no container registry, no root, no namespaces.
#
#   build.sh OUT.tar [PACKAGE...]
#
# With further packages it makes a variant: all of packages.txt and those, offline at run time.
# Packages are fetched and verified by apt into a private folder and unpacked side by side. Maintainer scripts are
# not run: what the few relevant ones would do is done below, which makes this ten times faster than an installation.
set -eu

out=${1:?usage: build.sh OUT.tar [PACKAGE...]}
shift
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd -P)
work=$(mktemp -d "${TMPDIR:-/tmp}/cynode-image.XXXXXX")
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
umask 022
export LC_ALL=C

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

for tool in apt-get dpkg-deb tar; do
  command -v "$tool" >/dev/null 2>&1 || die "$tool is missing: this build needs a Debian-like system; see Containerfile for another way"
done

# A private view of apt: nothing counts as installed, nothing of this machine is changed.
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
: >"$work/status"
write_apt_conf() {
  cat >"$work/apt.conf" <<CONF
Dir::State "$work";
Dir::State::status "$work/status";
Dir::State::lists "$1";
Dir::Cache "$work/cache";
Dir::Log "$work";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Install-Recommends "false";
APT::Sandbox::User "";
Debug::NoLocking "true";
CONF
}
for package in "$@"; do
  case $package in
    # A minus at the end would have apt remove it.
    '' | *[!a-z0-9+.-]* | [!a-z0-9]* | *-) die "$package is no name of a package" ;;
  esac
done
packages="$(sed -e 's/#.*//' "$here/packages.txt" | tr '\n' ' ') $*"
# Names that the lists of packages do not have; apt would take some for patterns.
unknown() {
  for package in "$@"; do
    APT_CONFIG=$work/apt.conf apt-cache pkgnames "$package" 2>/dev/null | grep -qxF -e "$package" || printf '%s ' "$package"
  done
}
fetch() {
  # shellcheck disable=SC2086 # a list of names
  APT_CONFIG=$work/apt.conf apt-get -qq -y --download-only install usr-is-merged $packages >"$work/apt.log" 2>&1 </dev/null
}

say "fetching packages"
write_apt_conf /var/lib/apt/lists
if [ -n "$(unknown "$@")" ] || ! fetch; then
  # This machine's package lists are missing or too old: take fresh ones, for this build only.
  write_apt_conf "$work/lists"
  APT_CONFIG=$work/apt.conf apt-get -qq update >"$work/apt.log" 2>&1 </dev/null || true
  missing=$(unknown "$@")
  [ -z "$missing" ] || die "the distribution has no package ${missing% }; apt-cache search WORD finds names"
  fetch || { tail -n 5 "$work/apt.log" >&2; die "the packages could not be fetched; check that the distribution's mirror can be reached: apt-get update"; }
fi

# What maintainer scripts would choose, as far as they name it: links like /usr/bin/java to what a package brings.
link_alternatives() {
  for deb in "$work/cache/archives"/*.deb; do
    dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./postinst 2>/dev/null || true
  done | sed -e ':join' -e '/\\$/{N;s/\\\n//;b join' -e '}' | tr -d "\"'" | awk '
    /update-alternatives/ { for (i = 1; i < NF; i++) if ($i == "--install" || $i == "--slave") print $(i + 1), $(i + 3) }
  ' | while read -r link target; do
    case $link$target in *[!A-Za-z0-9/._+-]* | *..*) continue ;; /usr/*) ;; *) continue ;; esac
    link_tool "$target" "$link"
  done
  for tool in "$root"/usr/lib/jvm/*/bin/*; do
    link_tool "${tool#"$root"}" "/usr/bin/${tool##*/}"
  done
}
# The link is absolute: it is looked at and never followed out of here.
link_tool() {
  if [ -e "$root$2" ] || [ -L "$root$2" ]; then return; fi
  if [ ! -e "$root$1" ] && [ ! -L "$root$1" ]; then return; fi
  mkdir -p "$root${2%/*}"
  ln -s "$1" "$root$2"
}

say "unpacking"
root=$work/root
for dir in bin sbin lib; do
  mkdir -p "$root/usr/$dir"
  ln -s "usr/$dir" "$root/$dir"
done
if [ "$(dpkg --print-architecture)" = amd64 ]; then
  mkdir -p "$root/usr/lib64"
  ln -s usr/lib64 "$root/lib64"
fi
# Tools that only install or configure packages are of no use in a sealed sandbox. Of Perl there is what its base
# package has, and of the compiler not what prints its intermediate form: 75 MB that nothing here needs.
# A variant may have packages that need all of Perl.
# shellcheck disable=SC2016 # for the shell that unpacks
unpack='case ${1##*/} in
  dpkg_* | debconf_* | init-system-helpers_* | libdebconfclient0_* | git-man_* | usrmerge_* | gcc-*-base_*) exit 0 ;;
  perl_* | perl-modules-* | libperl5* | liberror-perl_*) [ -n "$3" ] || exit 0 ;;
esac
dpkg-deb --fsys-tarfile "$1" | tar -C "$2" -xp --keep-directory-symlink --no-same-owner \
  --exclude "./usr/share/doc/*" --exclude "./usr/share/man/*" --exclude "./usr/share/info/*" \
  --exclude "./usr/bin/*-lto-dump-*" --exclude "./usr/share/locale/*" --exclude "./usr/share/bash-completion/*" --exclude "./usr/share/lintian/*" \
  --exclude "./usr/lib/*/gconv/*" --exclude "./lib/systemd/*" --exclude "./usr/lib/systemd/*" --exclude "./etc/init.d/*"'
find "$work/cache/archives" -maxdepth 1 -name '*.deb' -printf '%f\n' | sort >"$work/packages.txt"
# The largest first, so that no core waits for it at the end.
find "$work/cache/archives" -maxdepth 1 -name '*.deb' -printf '%s\t%p\n' | sort -rn | cut -f 2- | tr '\n' '\0' |
  xargs -0 -P "$(nproc)" -I '{}' sh -c "$unpack" unpack '{}' "$root" "$*"
[ $# -eq 0 ] || link_alternatives
rm -rf "$work/cache"

say "configuring"
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
printf 'sandbox:x:65532:65532:sandbox:/workspace:/bin/bash\n' >>"$root/etc/passwd"
printf 'sandbox:x:65532:\n' >>"$root/etc/group"
printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
link_tool /usr/bin/dash /usr/bin/sh
link_tool /usr/bin/mawk /usr/bin/awk
link_tool /usr/bin/gcc /usr/bin/cc
link_tool /usr/bin/which.debianutils /usr/bin/which
mkdir -p "$root/etc/ssl/certs" "$root/usr/lib/ssl"
find "$root/usr/share/ca-certificates" -name '*.crt' | sort | xargs cat >"$root/etc/ssl/certs/ca-certificates.crt"
rm -rf "$root/usr/lib/ssl/cert.pem"
ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
rm -rf "$root/usr/share/ca-certificates" "$root/var/lib/dpkg" "$root/var/cache" "$root/var/log" "$root"/etc/rc?.d \
  "$root/etc/cron.daily" "$root/etc/logrotate.d" "$root/etc/apt" "$root/etc/dpkg"
mkdir -p "$root/workspace" "$root/job" "$root/root" "$root/tmp" "$root/var/tmp" "$root/var/cache" "$root/var/log" \
  "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/usr/share/cynode"
mv "$work/packages.txt" "$root/usr/share/cynode/packages.txt"
# Nothing in a sandbox may gain rights.
find "$root" -xdev ! -type l -perm /6000 -exec chmod ug-s '{}' +
chmod 1777 "$root/tmp" "$root/var/tmp"

say "packing"
mkdir -p "$(dirname "$out")"
tar -C "$root" -c --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -f "$out.part" .
mv "$out.part" "$out"
