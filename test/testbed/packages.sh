# Sourced by asterisk-up and mariadb-up: Debian packages unpacked into a folder, without root, without
# changing the host. A private apt (own lists, own cache, empty dpkg status) resolves the whole closure of
# the wanted packages, libc included, and checks the archive's signatures. What was unpacked runs with its
# own dynamic loader. Needs what every Debian system has: apt-get, dpkg-deb, tar, flock, bash.

say() { echo "${0##*/}: $*" >&2; }
die() { say "$*"; exit 1; }
needs() { local c; for c in "$@"; do command -v "$c" >/dev/null || die "'$c' is missing; this needs a Debian system"; done; }

# The Debian mirrors of this host's own apt sources, most likely first. `apt-get update --print-uris` reads
# the configuration alone and works before the first `apt-get update` (`indextargets` prints nothing then).
debian_mirrors() {
  if [ -n "${DEBIAN_MIRROR:-}" ]; then echo "$DEBIAN_MIRROR"; return; fi
  local s=$1/probe
  mkdir -p "$s/lists/partial"
  apt-get update --print-uris -o Dir::State::lists="$s/lists" -o Dir::Cache="$s/cache" 2>/dev/null |
    sed -n "s,^'\([a-z+]*:.*\)/dists/[^/]*/InRelease' .*,\1,p" | grep -v security |
    awk '!seen[$0]++ { if ($0 ~ /^[a-z+]+:\/\/[^\/]+\/debian\/?$/) print; else other = other $0 "\n" } END { printf "%s", other }'
}

# private_apt DIR SUITE: make DIR/apt and point APT_CONFIG at it; proxy and login of the host's apt are kept.
private_apt() {
  local a=$1/apt suite=$2 mirror key opt='' found=''
  for key in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do [ -f "$key" ] && opt="[signed-by=$key]" && break; done
  rm -rf "$a"; mkdir -p "$a"/{etc/{apt.conf.d,preferences.d,sources.list.d},state/lists/partial,cache/archives/partial}
  : >"$a/state/status"
  debian_mirrors "$a" >"$a/mirrors"
  [ -s "$a/mirrors" ] || die "no Debian mirror found in this host's apt sources; set DEBIAN_MIRROR"
  { apt-config dump 2>/dev/null | grep -iE '^Acquire::(https?|ftp)[^ ]* "..*";' || true
    cat <<E2
Dir "$a"; Dir::State "$a/state"; Dir::State::status "$a/state/status"; Dir::Cache "$a/cache"; Dir::Etc "$a/etc"; Dir::Log "$a";
Dir::Etc::sourcelist "$a/etc/sources.list"; Dir::Etc::trusted "/etc/apt/trusted.gpg"; Dir::Etc::trustedparts "/etc/apt/trusted.gpg.d";
Dir::Etc::netrc "/etc/apt/auth.conf"; Dir::Etc::netrcparts "/etc/apt/auth.conf.d";
APT::Install-Recommends "false"; APT::Sandbox::User "root"; APT::Get::Assume-Yes "true";
Acquire::Languages "none"; Acquire::Check-Valid-Until "false"; Acquire::Retries "3"; Acquire::http::Timeout "20"; Acquire::https::Timeout "20";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false"; Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
E2
  } >"$a/apt.conf"
  export APT_CONFIG=$a/apt.conf
  while read -r mirror; do
    echo "deb $opt $mirror $suite main" >"$a/etc/sources.list"
    apt-get -qq update 2>"$a/problem" && [ -n "$(ls "$a"/state/lists/*Packages* 2>/dev/null)" ] && found=1 && break
  done <"$a/mirrors"
  [ -n "$found" ] || die "no package list of Debian $suite could be fetched: $(grep -m1 -E '^E:|Failed to fetch' "$a/problem")"
}

# fetch_closure DIR SUITE DROP_REGEX PACKAGE...: download PACKAGEs with everything they depend on, less the
# names that match DROP_REGEX, and unpack all of it into DIR/root.
fetch_closure() {
  local dir=$1 suite=$2 drop=$3; shift 3
  local a=$dir/apt list=()
  private_apt "$dir" "$suite"
  mapfile -t list < <(apt-get install --print-uris -qq "$@" |
      sed -n "s/^'[^']*' \([^_ ]*\)_\([^_ ]*\)_[^ ]* .*/\1=\2/p" | sed 's/%3a/:/g; s/%2b/+/g; s/%7e/~/g' | awk -F= -v re="$drop" 're == "" || $1 !~ re')
  [ ${#list[@]} -gt 10 ] || die "apt found no installable closure of $* in $suite"
  ( cd "$a/cache/archives" && apt-get -qq download "${list[@]}" ) || die "packages of $suite could not be downloaded"
  unset APT_CONFIG
  say "$suite: ${#list[@]} packages, $(du -sk "$a/cache/archives" | cut -f1) KiB downloaded"
  unpack "$a/cache/archives" "$dir/root"
  rm -rf "$a"
}

# unpack DEBS_DIR ROOT: with merged /usr, as on every current Debian; older packages still ship /lib and /lib64.
# tar -x with --keep-directory-symlink, since dpkg-deb -x would replace the links.
unpack() {
  local debs=$1 root=$2
  rm -rf "$root"; mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
  ln -s usr/lib "$root/lib"; ln -s usr/lib64 "$root/lib64"; ln -s usr/sbin "$root/sbin"; ln -s usr/bin "$root/bin"
  printf '%s\0' "$debs"/*.deb | xargs -0 -P "$(nproc)" -I{} sh -c \
    'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink --no-same-owner -C "$2" --exclude="./usr/share/doc" --exclude="./usr/share/man" --exclude="./usr/share/locale"' _ {} "$root"
}

# find_loader ROOT: sets LD (the unpacked ld.so) and LIBS (its library path).
find_loader() {
  local lib
  LD=$(ls "$1"/usr/lib64/ld-linux*.so.* "$1"/usr/lib/*-linux-gnu*/ld-linux*.so.* "$1"/usr/lib/ld-linux*.so.* 2>/dev/null | head -1)
  [ -n "$LD" ] || die "no dynamic loader in the unpacked libc6"
  lib=$(dirname "$(ls "$1"/usr/lib/*-linux-gnu*/libc.so.6 | head -1)")
  LIBS=$lib:$1/usr/lib
}

# wrapper ROOT PROGRAM FILE: FILE runs ROOT/usr/PROGRAM with the unpacked loader and libraries.
wrapper() {
  find_loader "$1"; mkdir -p "$(dirname "$3")"
  printf '#!/bin/sh\nexec %q --library-path %q %q "$@"\n' "$LD" "$LIBS" "$1/usr/$2" >"$3"; chmod +x "$3"
}

# owns PIDFILE WORD: true when the process of PIDFILE is alive and has WORD in its command line (never a stranger's pid).
owns() {
  local p; p=$(cat "$1" 2>/dev/null) && [ -n "$p" ] && [ -r "/proc/$p/cmdline" ] && tr '\0' ' ' 2>/dev/null <"/proc/$p/cmdline" | grep -qF -- "$2"
}
