import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { mustRun } from '@cynodeai/runtime/process';

/** Images that hold a small server with Ollama's API, and what each does when it is started. */
export const ollamaImages = {
  serve: 'localhost/cynode/test-ollama:latest',
  /** Writes its last words and ends with 3. */
  crash: 'localhost/cynode/test-ollama:crash',
} as const;

/** Without any module, so that one program and its libraries are all the image needs. */
const server = `
my ($mode) = @ARGV;
if ($mode eq 'crash') { print STDERR "this model service cannot start\\n"; exit 3; }
$| = 1;
my ($host, $port) = split /:/, $ENV{OLLAMA_HOST};
my $store = '/root/.ollama/models.txt';
socket(my $listen, 2, 1, 6) or die "socket: $!";
setsockopt($listen, 1, 2, pack('i', 1));
bind($listen, pack('S n a4 x8', 2, $port, "\\0\\0\\0\\0")) or die "bind: $!";
listen($listen, 20) or die "listen: $!";
$SIG{TERM} = sub { exit 0 };
sub models { open(my $f, '<', $store) or return (); my @m = <$f>; chomp @m; return @m; }
while (1) {
  accept(my $client, $listen) or next;
  my $head = '';
  while (index($head, "\\r\\n\\r\\n") < 0) { sysread($client, $head, 4096, length $head) or last; }
  my ($line, $body) = (split(/\\r\\n/, $head, 2))[0], '';
  my ($top, $rest) = split /\\r\\n\\r\\n/, $head, 2;
  my ($length) = $top =~ /content-length: (\\d+)/i;
  while (length($rest) < ($length // 0)) { sysread($client, $rest, 4096, length $rest) or last; }
  my ($type, $answer) = ('application/json', '');
  if ($line =~ m{^GET /api/version }) { $answer = '{"version":"0.9.0"}'; }
  elsif ($line =~ m{^GET /api/tags }) {
    $answer = '{"models":[' . join(',', map { "{\\"name\\":\\"$_\\"}" } models()) . ']}';
  }
  elsif ($line =~ m{^POST /api/pull }) {
    my ($model) = $rest =~ /"model":"([^"]+)"/;
    open(my $f, '>>', $store) or die "store: $!";
    print $f "$model\\n";
    close $f;
    $type = 'application/x-ndjson';
    $answer = qq({"status":"pulling manifest"}\\n{"status":"pulling","digest":"sha256:1","total":10,"completed":10}\\n{"status":"success"}\\n);
  }
  elsif ($line =~ m{^GET /crash }) { print STDERR "crashing as asked\\n"; exit 9; }
  elsif ($line =~ m{^GET /environment }) { $answer = join "\\n", map { "$_=$ENV{$_}" } sort keys %ENV; }
  elsif ($line =~ m{^GET /rights }) { open(my $f, '<', '/proc/self/status'); $answer = join '', <$f>; close $f; }
  else { $answer = '{"error":"not found"}'; }
  syswrite($client, "HTTP/1.1 200 OK\\r\\ncontent-type: $type\\r\\ncontent-length: " . length($answer) . "\\r\\nconnection: close\\r\\n\\r\\n$answer");
  close $client;
}
`;

const program = '/usr/bin/perl';

async function buildRoot(root: string): Promise<void> {
  for (const dir of ['root/.ollama', 'proc', 'sys', 'dev', 'run', 'tmp', 'etc']) {
    await mkdir(join(root, dir), { recursive: true });
  }
  await writeFile(join(root, 'server.pl'), server);
  const listed = await mustRun('ldd', [program]);
  const libraries = [...listed.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] ?? '');
  for (const file of [program, ...libraries]) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await copyFile(file, join(root, file));
  }
  await mustRun('chmod', ['755', root]);
}

/** Something that makes an image of an archive, with `CMD` set. */
export type ImportImage = (archive: string, ref: string, change: string) => Promise<void>;

/** Puts the images into the storage a node will use. */
export async function importOllamaImages(importImage: ImportImage): Promise<void> {
  const base = await mkdtemp(join(tmpdir(), 'cynode-ollama-image-'));
  try {
    const root = join(base, 'root');
    await mkdir(root);
    await buildRoot(root);
    const archive = join(base, 'image.tar');
    const owner = ['--owner=0', '--group=0', '--numeric-owner'];
    await mustRun('tar', ['-C', root, ...owner, '-cf', archive, '.']);
    for (const [mode, ref] of Object.entries(ollamaImages)) {
      await importImage(archive, ref, `CMD ["${program}", "/server.pl", "${mode}"]`);
    }
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}
