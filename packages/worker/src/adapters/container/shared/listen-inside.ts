/** Numbers of the system call `sendmsg`, by Node's name of the architecture. */
const sendmsgNumbers: Readonly<Record<string, number>> = { x64: 46, arm64: 211 };

/** Number of `sendmsg` here; 0, which is refused, on an unknown architecture. */
export function sendmsgNumber(arch: string): number {
  return sendmsgNumbers[arch] ?? 0;
}

/**
 * Runs inside a fresh network namespace: it brings the loopback interface up, opens the listener, hands it over to the
 * node (file descriptor 3 is Node's channel to a child process, which takes a descriptor beside a line of JSON), asks
 * the node for its health through the listener, and reports. Then it does nothing but keep the namespace, until the
 * node ends the channel or dies. The listener does not block: a caller that hung up before it was accepted would
 * otherwise hold the node until the next one comes. Perl, without any module, because every Debian has it and it starts in 2 ms; a Node
 * in its place takes 40 ms and as many MB.
 */
export const listenInside = String.raw`
my ($port, $sendmsg) = @ARGV;
my ($listener, $probe, $heard) = (undef, undef, '');
$sendmsg > 0 or die 'unknown architecture';
my $address = pack('S n a4 x8', 2, $port, "\x7f\0\0\1");
my $up = pack('a16 s x22', 'lo', 0x41);
socket($listener, 2, 0x801, 0) or die "socket: $!";
ioctl($listener, 0x8914, $up) or die "loopback: $!";
setsockopt($listener, 1, 2, pack('i', 1));
bind($listener, $address) or die "bind: $!";
listen($listener, 128) or die "listen: $!";
open(my $channel, '+<&=', 3) or die "channel: $!";
my $line = qq({"cmd":"NODE_HANDLE","type":"net.Native","msg":"listener"}\n);
my $part = pack('P Q', $line, length $line);
my $rights = pack('Q i i i x4', 20, 1, 1, fileno $listener);
my $message = pack('Q L x4 P Q P Q i x4', 0, 0, $part, 1, $rights, 24, 0);
syscall($sendmsg, fileno $channel, $message, 0) == length $line or die "sendmsg: $!";
close $listener;
socket($probe, 2, 1, 0) && connect($probe, $address) or die "connect: $!";
syswrite $probe, "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
while (sysread $probe, $heard, 4096, length $heard) {}
$heard =~ /^HTTP\/1\.1 200 .*\r\n\r\nok$/s or die 'health check: ' . substr $heard, 0, 100;
syswrite $channel, qq("healthy"\n);
close $probe;
while (sysread $channel, $heard, 4096) {}
`;
