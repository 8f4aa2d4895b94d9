# Runs a program once and prints what the kernel says of it: lines `NAME VALUE`, an empty one, and
# what it printed. Arguments: events to count as `NAME=TYPE:CONFIG` of perf_event_open(2), two files for
# its outputs, how many bytes of each are wanted, the program and its arguments. Modules are left out: this takes memory, and the program begins with it.
use strict;
my ($events, $out, $err, $most_out, $most_err, @program) = @ARGV;
require Config;
my ($architecture) = $Config::Config{archname} =~ /^([a-z0-9_]+)/;
# The numbers of wait4(2) and clock_gettime(2).
my %numbers = (
    x86_64 => [61, 228], aarch64 => [260, 113], riscv64 => [260, 113], arm => [114, 263],
    i686 => [114, 265], i386 => [114, 265], powerpc64le => [114, 246], s390x => [114, 260],
);
my $numbers = $numbers{$architecture} or die "no numbers for $architecture\n";
my ($wait4, $clock_gettime) = @$numbers;

sub now {
    my $time = "\0" x 16;
    syscall($clock_gettime, 1, $time) == 0 or die "clock_gettime: $!\n";
    my ($seconds, $nanoseconds) = unpack('l!2', $time);
    return ($seconds, $nanoseconds);
}

# Counters that the program inherits and that count from its `execve` on. Where there are none, of the
# processor's or for this user, nothing is told.
my %perf_event_open = (x86_64 => 298, aarch64 => 241, riscv64 => 241);
my @counters;
for my $event (exists $perf_event_open{$architecture} ? split(' ', $events) : ()) {
    my ($name, $type, $config) = $event =~ /^([a-z-]+)=([0-9]+):([0-9]+)$/ or die "$event: no event\n";
    # struct perf_event_attr, its first 64 bytes. To be read beside the count: for how long it should
    # have counted, and did. Flags: disabled, inherit, exclude_kernel, exclude_hv, enable_on_exec.
    my $attributes = pack('LLQQQQQLLQ', $type, 64, $config, 0, 0, 3, 0x1063, 0, 0, 0);
    # Of this process, on every CPU, in no group, closed on `execve`.
    my $opened = syscall($perf_event_open{$architecture}, $attributes, 0, -1, -1, 8);
    push(@counters, [$name, $opened]) if $opened >= 0;
}

open(my $real, '>&', \*STDOUT) or die "stdout: $!\n";
open(my $real_error, '>&', \*STDERR) or die "stderr: $!\n";
open(STDIN, '<', '/dev/null') or die "/dev/null: $!\n";
pipe(my $told, my $tells) or die "pipe: $!\n";
open(STDOUT, '>', $out) or die "$out: $!\n";
open(STDERR, '>', $err) or die "$err: $!\n";
my ($status, $usage) = (pack('i', 0), "\0" x 512);
my @began = now();
my $child = fork();
if (defined $child && $child == 0) {
    exec { $program[0] } @program;
    # The pipe is closed by a program that could be started.
    syswrite($tells, "$!");
    require POSIX;
    POSIX::_exit(127);
}
defined $child or die "fork: $!\n";
my $waited;
do { $waited = syscall($wait4, $child, $status, 0, $usage) } while ($waited < 0 && $!{EINTR});
my @ended = now();
close($tells);
open(STDOUT, '>&', $real) or die "stdout: $!\n";
open(STDERR, '>&', $real_error);
$waited == $child or die "wait4: $!\n";
my $failure = do { local $/; <$told> };
$status = unpack('i', $status);
# struct rusage, getrusage(2).
my ($user, $user_part, $system, $system_part, $peak, @more) = unpack('l!18', $usage);
binmode(STDOUT);
sub say_line { print join(' ', @_), "\n" }
say_line('not-started', $failure) if defined $failure && length $failure;
say_line('code', $status >> 8);
say_line('signal', $status & 127);
say_line('wall-ns', ($ended[0] - $began[0]) * 1e9 + $ended[1] - $began[1]);
say_line('user-ns', ($user * 1e6 + $user_part) * 1000);
say_line('system-ns', ($system * 1e6 + $system_part) * 1000);
say_line('peak-kib', $peak);
say_line('minor-faults', $more[3]);
say_line('major-faults', $more[4]);
say_line('voluntary-switches', $more[11]);
say_line('involuntary-switches', $more[12]);
for my $counter (@counters) {
    my ($name, $opened) = @$counter;
    open(my $in, '<&=', $opened) or die "a counter: $!\n";
    sysread($in, my $read, 24) == 24 or next;
    my ($count, $wanted, $counted) = unpack('Q3', $read);
    # Else it was shared with others, and has missed a part.
    say_line($name, $count) if $wanted == $counted;
}
sub first {
    my ($file, $most) = @_;
    open(my $in, '<', $file) or die "$file: $!\n";
    binmode($in);
    my $bytes = '';
    read($in, $bytes, $most);
    return $bytes;
}
my ($printed, $complained) = (first($out, $most_out), first($err, $most_err));
say_line('out', length $printed);
say_line('err', length $complained);
print "\n", $printed, $complained;
