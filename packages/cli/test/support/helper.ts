import { chmod } from 'node:fs/promises';
import type { Home } from './cynork.ts';

/** Puts a credential helper beside the config file, as `./helper`; it has read its request into `line`. */
export async function helperOf(home: Home, body: string): Promise<void> {
  const script = `#!/bin/sh\ndir=$(dirname "$0")\nread -r line\n${body}\n`;
  await chmod(await home.file('.config/cynork/helper', script), 0o700);
}

/** One that keeps a secret, in the file `kept`, until it is told another. */
export async function keepInHelper(home: Home, secret: string): Promise<void> {
  await home.file('.config/cynork/kept', `${JSON.stringify({ action: 'store', secret })}\n`);
  await helperOf(
    home,
    `case $line in
  *'"get"'*) if [ -s "$dir/kept" ]; then cat "$dir/kept"; else echo '{"secret":""}'; fi ;;
  *'"store"'*) printf '%s\\n' "$line" >"$dir/kept"; echo '{}' ;;
  *'"erase"'*) rm -f "$dir/kept"; echo '{}' ;;
esac`,
  );
}
