/** One system call to try; without arguments every one is -1, with which no call does anything. */
export interface Attempt {
  readonly label: string;
  readonly number: number;
  readonly args?: readonly number[];
}

/** What became of it: the error's number, 0 for none, or the signal that ended the process that tried. */
export type Outcome = number | 'killed';

/** EPERM and ENOSYS. */
export const refusedOutcomes: readonly Outcome[] = [1, 38];

/** Tries each line of a file in a process of its own. Perl, without any module, calls the kernel by number. */
const script = String.raw`
$| = 1;
open my $calls, '<', $ARGV[0] or die "calls: $!";
while (my $line = <$calls>) {
  my ($label, $number, @args) = split ' ', $line;
  @args = (-1) x 6 unless @args;
  my $pid = fork;
  if (!$pid) {
    alarm 5;
    close STDERR;
    my $answer = syscall($number, map { $_ + 0 } @args);
    exit($answer == -1 ? $! + 0 : 0);
  }
  waitpid $pid, 0;
  print $label, ' ', ($? & 127 ? 'killed' : $? >> 8), "\n";
}
`;

/** Name of the file in the workspace. */
export const attemptsFile = 'calls';

/** The program that tries what the file in the working directory lists. */
export const proberCommand: readonly string[] = ['perl', '-e', script, attemptsFile];

export function attemptsText(attempts: readonly Attempt[]): string {
  const lines = attempts.map(({ label, number, args = [] }) => [label, number, ...args].join(' '));
  return `${lines.join('\n')}\n`;
}

/** A shell script of the same effect, which brings its file along. */
export function proberScript(attempts: readonly Attempt[]): string {
  const files = { [attemptsFile]: attemptsText(attempts), prober: script };
  const written = Object.entries(files).map(
    ([name, text]) => `cat > ${name} <<'END'\n${text}END\n`,
  );
  return `${written.join('')}perl prober ${attemptsFile}`;
}

/** Outcomes by label. */
export function readOutcomes(stdout: string): ReadonlyMap<string, Outcome> {
  const lines = stdout.trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [label = '', outcome = ''] = line.split(' ');
      return [label, outcome === 'killed' ? outcome : Number(outcome)];
    }),
  );
}
