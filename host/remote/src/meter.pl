# Runs a program once and prints what the kernel says of it: lines `NAME VALUE`, an empty one, and
# what it printed. Arguments: two files for its outputs, how many bytes of each are wanted, the
# program and its arguments. Modules are left out: this takes memory, and the program begins with it.
use strict;
my ($out, $err, $most_out, $most_err, @program) = @ARGV;
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
