use strict; use warnings;
use POSIX qw(floor strftime :sys_wait_h); use List::Util qw(sum max shuffle first); use Digest::MD5 qw(md5_hex);
use Digest::SHA qw(sha256_hex); use Data::Dumper; use Time::HiRes qw(sleep alarm); use IO::Socket::INET; use threads;
use Storable qw(freeze thaw dclone); use MIME::Base64; use File::Temp; use Socket; use IO::Handle;
$| = 1;
my %count; $count{$_}++ for map { $_ * 7 % 11 } 1 .. 100;
print join(",", map { "$_=$count{$_}" } sort { $a <=> $b } keys %count), "\n";
my $text = "The year 1999 and 2024, also 42.";
my @years = $text =~ /\b(\d{4})\b/g; print "@years\n";
(my $swap = $text) =~ s/(\w+) (\w+)/$2 $1/g; print "$swap\n";
$text =~ s/(\d+)/$1 + 1/ge; print "$text\n";
print sprintf("%.10g %e %05.1f %x %b %s\n", 1/3, 12345.678, 2.25, 255, 10, 1e21);
print join(" ", sort { $b <=> $a } map { floor(sqrt($_) * 100) } 1 .. 10), "\n";
print sum(1 .. 1000), " ", max(3, 9, 2), " ", first { $_ > 5 } (1, 9, 7); print "\n";
print md5_hex("hello"), " ", substr(sha256_hex("x" x 10000), 0, 16), "\n";
$Data::Dumper::Sortkeys = 1; $Data::Dumper::Indent = 1;
print Dumper({ list => [1, [2, 3]], name => "x", code => undef });
my @sorted = sort { $a->{n} <=> $b->{n} or $a->{s} cmp $b->{s} } map { { n => $_ % 3, s => "k$_" } } 1 .. 6;
print join(" ", map { "$_->{n}$_->{s}" } @sorted), "\n";
pipe(my $r, my $w); my $pid = fork;
if (!$pid) { close $r; print $w "from the child\n"; close $w; exit 3 }
close $w; print <$r>; waitpid $pid, 0; print "status ", $? >> 8, "\n";
print "backtick: ", `echo inner; exit 2`, "status ", $? >> 8, "\n";
open(my $sort, "|-", "sort -rn") or die; print $sort "$_\n" for 3, 10, 7; close $sort;
local $SIG{ALRM} = sub { die "alarm\n" }; eval { alarm 0.02; 1 while 1 }; print "caught $@";
local $SIG{USR1} = sub { print "signal $_[0]\n" }; kill USR1 => $$;
my $server = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
if (!fork) { my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $server->sockport); print $c "over tcp\n"; exit 0 }
my $c = $server->accept; print scalar <$c>; wait;
my @t = map { my $n = $_; threads->create(sub { my $s = 0; $s += $_ * $n for 1 .. 1000; $s }) } 1 .. 4;
print join(" ", map { $_->join } @t), "\n";
print encode_base64("binary\0data"), thaw(freeze([1, 2, 3]))->[2], "\n";
print strftime("%Y-%m-%d %H:%M:%S", gmtime(1e9)), "\n";
my $fib; $fib = sub { my $n = shift; $n < 2 ? $n : $fib->($n - 1) + $fib->($n - 2) }; print $fib->(16), "\n";
my ($x, $y) = (0, 0); for my $i (1 .. 20000) { $x = ($x * 1103515245 + 12345) % 2147483648; $y ^= $x } print "$y\n";
my $big = 1; $big *= $_ for 1 .. 25; print "$big\n"; use bigint; print 2 ** 100, "\n";
{ no bigint; local $_ = "a" x 20; print /^(a|aa)+$/ ? "match" : "none", "\n"; }
format STDOUT =
@<<<<<< @>>>>> @##.##
"left", "right", 3.14159
.
write;
print "e\x{e9}: ", join(",", map { ord } split //, "\x{263a}x"), "\n";
$! = 0; die "the end\n";
