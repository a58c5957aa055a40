/** Programs people type by habit; those of the sandbox image, and what they expect to find there. */
const programs: ReadonlySet<string> = new Set(
  'awk bash cat curl cut date df diff du echo env find free git grep gzip head hostname id jq ls make mkdir mv node npm nproc ps pwd python python3 rm sed sh sort tail tar test touch tr uname unzip uptime wc whoami which xargs zip'.split(
    ' ',
  ),
);

/** Words of sentences: with one of them a prompt is meant as one. */
const spoken = /[?!,]|\b(?:a|an|the|is|are|what|why|how|me|my|all|of|and|please|for|in|to)\b/i;

/** Whether a prompt reads like a command line: what was meant then is likely `--command`. */
export function looksLikeCommand(prompt: string): boolean {
  const words = prompt.trim().split(/\s+/);
  const [program = ''] = words;
  return programs.has(program) && words.length <= 6 && !spoken.test(words.slice(1).join(' '));
}
