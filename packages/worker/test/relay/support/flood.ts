/**
 * What a hostile job does to the address of its model: `perl -e FLOOD SECONDS MODE`. It keeps 200 connections busy and
 * opens another for each that is closed, and prints how many it opened.
 */
export const floodProgram = String.raw`
my ($seconds, $mode) = @ARGV;
my $address = pack('S n a4 x8', 2, 11434, "\x7f\0\0\1");
my %bytes = (
  pipelined => "GET /api/version HTTP/1.1\r\nhost: x\r\n\r\n" x 500,
  'health pipelined' => "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n" x 500,
  'unknown paths' => "GET /no/such/path HTTP/1.1\r\nhost: x\r\n\r\n" x 500,
  'half a head' => "GET /api/version HTTP/1.1\r\nx-a: b\r\n",
  'many heads' => "GET /api/version HTTP/1.1\r\n" . ("x: y\r\n" x 4000) . "\r\n",
  'chunked bodies' => "POST /api/generate HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" . ("1\r\nx\r\n" x 9000),
  'promised bodies' => "POST /api/chat HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 900000\r\n\r\n" . ('x' x 50000),
  tunnels => "CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n" x 200,
  upgrades => "GET /api/version HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n" x 200,
  noise => join('', map { chr(($_ * 37) % 256) } 1 .. 60000),
  nothing => '',
);
defined $bytes{$mode} or die "no mode $mode";
$SIG{PIPE} = 'IGNORE';
my ($opened, $end, @kept, $in) = (0, time + $seconds);
while (time < $end) {
  for my $i (0 .. 199) {
    if (!$kept[$i]) {
      socket(my $s, 2, 0x801, 0) or next;
      connect($s, $address);
      $kept[$i] = $s;
      $opened++;
    }
    my $sent = length $bytes{$mode} ? syswrite($kept[$i], $bytes{$mode}) : 0;
    my $refused = !defined $sent && $! != 11 && $! != 107;
    my $read = sysread($kept[$i], $in, 65536);
    $kept[$i] = undef if defined $read && $read == 0 || $refused;
  }
}
print "$opened\n";
`;

/** Its modes. */
export const floodModes = [
  'pipelined',
  'health pipelined',
  'unknown paths',
  'half a head',
  'many heads',
  'chunked bodies',
  'promised bodies',
  'tunnels',
  'upgrades',
  'noise',
  'nothing',
] as const;

/** Asks the address of its model for its version, one connection after the other: `perl -e ASK TIMES`; prints each status. */
export const askProgram = String.raw`
$| = 1;
my $address = pack('S n a4 x8', 2, 11434, "\x7f\0\0\1");
for (1 .. $ARGV[0]) {
  socket(my $s, 2, 1, 0) or die "socket: $!";
  connect($s, $address) or die "connect: $!";
  syswrite $s, "GET /api/version HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
  my $answer = '';
  while (sysread $s, $answer, 4096, length $answer) {}
  print $answer =~ /^HTTP\/1.1 (\d+)/ ? "$1\n" : "none\n";
  select undef, undef, undef, 0.1;
}
`;
