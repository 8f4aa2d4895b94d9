# What this machine is, as lines `name=value`; a name that comes again goes on with its
# value in a new line. Read by a POSIX shell from its standard input, over ssh or here.
# Changes nothing. Needs `uname`; whatever else a machine lacks is left out.

LC_ALL=C
PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
export LC_ALL PATH

say() {
    if [ -n "$2" ]; then printf '%s=%s\n' "$1" "$2"; fi
}

# Each line of the input, under one name.
lines() {
    while IFS= read -r line || [ -n "$line" ]; do
        printf '%s=%s\n' "$1" "$line"
    done
}

# A file of /proc or /sys, if there is one.
file() {
    if [ -r "$2" ]; then lines "$1" < "$2"; fi
}

# A file of texts that end with zero bytes.
texts() {
    if [ -r "$2" ]; then say "$1" "$(tr '\000' ',' < "$2" 2>/dev/null)"; fi
}

say system "$(uname -s 2>/dev/null)"
say machine "$(uname -m 2>/dev/null)"
say kernel "$(uname -r 2>/dev/null)"
say page-bytes "$(getconf PAGESIZE 2>/dev/null)"
say processors "$(getconf _NPROCESSORS_ONLN 2>/dev/null)"
file cpu-online /sys/devices/system/cpu/online
file node-online /sys/devices/system/node/online
texts device-tree-model /proc/device-tree/model
texts device-tree-compatible /proc/device-tree/compatible
file cpuinfo /proc/cpuinfo
if [ -r /proc/self/auxv ]; then
    od -A n -v -t x1 /proc/self/auxv 2>/dev/null | lines auxv
fi
if [ -r /proc/meminfo ]; then
    while read -r name value unit; do
        if [ "$name" = MemTotal: ]; then say memory-kib "$value"; fi
    done < /proc/meminfo
fi

say libc-said "$(getconf GNU_LIBC_VERSION 2>/dev/null)"
ldd --version 2>&1 </dev/null | lines libc-said
for loader in /lib/ld-linux*.so.* /lib64/ld-linux*.so.* /lib/ld.so.* /lib64/ld64.so.* \
    /lib/ld64.so.* /lib/ld-musl-*.so.1; do
    if [ -e "$loader" ]; then
        say loader "$loader"
        case $loader in
            */ld-musl-*) "$loader" --version 2>&1 </dev/null | lines libc-said ;;
        esac
    fi
done

# Where the loaders of both C libraries look without being told.
libraries() {
    for library in "$1"/*.so "$1"/*.so.*; do
        if [ -e "$library" ]; then printf 'library=%s\n' "${library##*/}"; fi
    done
}
for folder in /lib /usr/lib /usr/local/lib /lib64 /usr/lib64 /lib/*-linux-* /usr/lib/*-linux-*; do
    libraries "$folder"
done
for list in /etc/ld.so.conf /etc/ld.so.conf.d/*.conf /etc/ld-musl-*.path; do
    if [ -r "$list" ]; then
        while IFS= read -r folder || [ -n "$folder" ]; do
            case $folder in /*) libraries "${folder%/}" ;; esac
        done < "$list"
    fi
done
say end orch
