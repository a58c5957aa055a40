/** Numbers of the system call `clock_gettime`, by Node's name of the architecture. */
const clockNumbers: Readonly<Record<string, number>> = { x64: 228, arm64: 113 };

/** Number of `clock_gettime` here; 0, which means whole seconds, on an unknown architecture. */
export function clockNumber(arch: string): number {
  return clockNumbers[arch] ?? 0;
}

/** What a record of the spool is. */
export const recordKind = {
  /** Who keeps the run: its process id and start time, in decimals. */
  keeper: 0,
  stdout: 1,
  stderr: 2,
  /** So many bytes of that stream are missing here, in decimals. */
  stdoutGap: 3,
  stderrGap: 4,
  /** What is followed is attached: it may start. */
  attached: 5,
  /** `exit CODE`, `signal NUMBER`, or `fault WORDS` where nothing was begun. */
  end: 6,
} as const;

/** Kind, length, and time in ms since the epoch; then the content. */
export const recordHeaderBytes = 13;

/**
 * Keeps one run of a container beside the node, which may end and come back: it holds the pipes of the run, writes what
 * comes through them to a spool that others read, the first bytes of each stream at once and the last ones at the end,
 * and at last how it ended. It never waits for a reader.
 *
 *   NAME HEAD TAIL CLOCK client COMMAND...    runs the client of an engine; descriptor 3 is handed on to it, 5 holds
 *                                             variables for it alone
 *   NAME HEAD TAIL CLOCK daemon SOCKET ID     follows a container of a daemon
 *
 * Descriptor 4 is the spool. Perl, without any module, because every Debian has it, it starts in 2 ms and takes 3 MB.
 */
export const keeperProgram = String.raw`
my ($name, $head, $tail, $clock, $mode, @rest) = @ARGV;
$0 = "cynode-keeper $name";
my @ignored = qw(PIPE TERM INT HUP);
$SIG{$_} = 'IGNORE' for @ignored;
open(my $spool, '>>&=', 4) or die "spool: $!";
binmode $spool;
my $size = 0;
sub now {
  my $at = pack 'q q', 0, 0;
  return time * 1000 if $clock == 0 || syscall($clock, 0, $at) != 0;
  my ($seconds, $nanos) = unpack 'q q', $at;
  return $seconds * 1000 + int($nanos / 1e6);
}
sub record {
  my ($kind, $text, $ms) = @_;
  my $bytes = pack('C N Q>', $kind, length $text, $ms // now()) . $text;
  my $done = 0;
  while ($done < length $bytes) {
    my $wrote = syswrite $spool, $bytes, length($bytes) - $done, $done;
    next if !defined $wrote && $!{EINTR};
    if (!$wrote) { truncate $spool, $size; return 0 }
    $done += $wrote;
  }
  $size += $done;
  return 1;
}
my (@kept, @closed, @held, @ring, @dropped, $order);
sub take {
  my ($stream, $text) = @_;
  my $room = $closed[$stream] ? 0 : $head - ($kept[$stream] // 0);
  if ($room > 0) {
    my $part = substr $text, 0, $room;
    if (record($stream, $part)) {
      $kept[$stream] += length $part;
      $text = substr $text, length $part;
    } else {
      $closed[$stream] = 1;
    }
  }
  return if $text eq '';
  my $ring = $ring[$stream] //= [];
  my $over = length($text) - $tail;
  if ($over > 0) { $dropped[$stream] += $over; $text = substr $text, $over }
  my $last = $ring->[-1];
  # Many small pieces in turn are joined although others came between.
  my $joins = $last && length $last->[2] < 4096 && ($last->[0] == $order || @$ring > 1024);
  if ($joins) { $last->[2] .= $text }
  else { push @$ring, [++$order, now(), $text] }
  $held[$stream] += length $text;
  while ($held[$stream] - length $ring->[0][2] >= $tail) {
    my $length = length((shift @$ring)->[2]);
    $held[$stream] -= $length;
    $dropped[$stream] += $length;
  }
}
sub finish {
  my ($end) = @_;
  for my $stream (1, 2) {
    my $ring = $ring[$stream] or next;
    my $over = $held[$stream] - $tail;
    if ($over > 0) { $dropped[$stream] += $over; $ring->[0][2] = substr $ring->[0][2], $over }
    record($stream + 2, $dropped[$stream]) if $dropped[$stream];
  }
  my @last = map { my $stream = $_; map { [$stream, @$_] } @{$ring[$stream] // []} } 1, 2;
  record($_->[0], $_->[3], $_->[2]) for sort { $a->[1] <=> $b->[1] } @last;
  for (1 .. 60) { exit 0 if record(6, $end); sleep 1 }
  exit 1;
}
open(my $stat, '<', '/proc/self/stat') or die "stat: $!";
my $self = <$stat>;
close $stat;
$self =~ s/^.*\) //s;
record(0, "$$ " . (split / /, $self)[19]) or exit 1;
my ($out, $err, $frames, $exit, $heard, $child, $status, $deadline);
if ($mode eq 'client') {
  open(my $extra, '<&=', 5) or die "variables: $!";
  my %more = map { split /=/, $_, 2 } split /\0/, do { local $/; <$extra> // '' };
  close $extra;
  pipe($out, my $to_out) && pipe($err, my $to_err) && pipe(my $failed, my $fails) or die "pipe: $!";
  $SIG{CHLD} = sub {};
  $child = fork // finish("fault fork: $!");
  if ($child == 0) {
    $SIG{$_} = 'DEFAULT' for @ignored, 'CHLD';
    open(STDOUT, '>&', $to_out) && open(STDERR, '>&', $to_err) or exit 1;
    close $spool;
    $ENV{$_} //= $more{$_} for keys %more;
    exec { $rest[0] } @rest or syswrite $fails, "$!";
    exit 1;
  }
  close $_ for $to_out, $to_err, $fails;
  open(my $file, '<&=', 3) && close $file;
  if (sysread $failed, my $why, 200) { waitpid $child, 0; finish("fault exec: $why") }
} else {
  my ($path, $id) = @rest;
  my $open = sub {
    my ($request) = @_;
    my $socket;
    socket($socket, 1, 1, 0) && connect($socket, pack 'S a* x', 1, $path) or finish("fault daemon: $!");
    syswrite $socket, "$request\r\nHost: docker\r\n\r\n";
    my $answer = '';
    until ($answer =~ /\r\n\r\n/) { sysread($socket, $answer, 1, length $answer) or last }
    $answer =~ /^HTTP\/1\.1 (?:200|101) / or finish('fault daemon: ' . substr $answer =~ s/\r\n.*//sr, 0, 100);
    return $socket;
  };
  $frames = $open->("POST /containers/$id/attach?stream=1&stdout=1&stderr=1 HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp");
  $exit = $open->("POST /containers/$id/wait?condition=removed HTTP/1.1");
  $heard = '';
  record(5, '');
}
my ($frame, $want, $into) = ('', 8, 0);
sub split_frames {
  my ($piece) = @_;
  while ($piece ne '') {
    if ($into) {
      my $part = substr $piece, 0, $want, '';
      take($into, $part);
      $want -= length $part;
      ($want, $into) = (8, 0) if $want == 0;
    } else {
      $frame .= substr $piece, 0, $want, '';
      $want = 8 - length $frame;
      next if $want;
      my ($stream, $length) = unpack 'C x3 N', $frame;
      $frame = '';
      ($want, $into) = $length ? ($length, $stream == 2 ? 2 : 1) : (8, 0);
    }
  }
}
for (;;) {
  if ($child && !defined $status && waitpid($child, 1) == $child) { $status = $?; $deadline = time + 3 }
  my @open = grep { defined } $out, $err, $frames, $exit;
  last if !@open || (defined $deadline && time >= $deadline);
  last if defined $deadline && !defined $out && !defined $err && !defined $frames;
  my $bits = '';
  vec($bits, fileno $_, 1) = 1 for @open;
  next if select($bits, undef, undef, 1) <= 0;
  for my $from (@open) {
    next unless vec $bits, fileno $from, 1;
    my $read = sysread $from, my $piece, 65536;
    next if !defined $read && $!{EINTR};
    if (defined $out && $from == $out) { $read ? take(1, $piece) : undef $out }
    elsif (defined $err && $from == $err) { $read ? take(2, $piece) : undef $err }
    elsif (defined $frames && $from == $frames) { $read ? split_frames($piece) : undef $frames }
    else {
      $heard .= $piece if $read && length $heard < 65536;
      my $told = $heard =~ /"StatusCode":(\d+)[,}]/ ? $1 : undef;
      if (defined $told || !$read) { $status = $told; $deadline = time + 3; undef $exit }
    }
  }
}
if ($child) {
  if (!defined $status) { waitpid $child, 0; $status = $? }
  finish($status & 127 ? 'signal ' . ($status & 127) : 'exit ' . ($status >> 8));
}
finish(defined $status ? "exit $status" : 'fault daemon: no exit code');
`;
