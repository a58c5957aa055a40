import type { Flags } from '@cynodeai/command-line/definition';

/** Flags every command takes, before or after its name. See docs/reference/cli.md#command-line. */
export const globalFlags = {
  config: { type: 'string', short: 'c', value: 'path', help: 'use this config file' },
  gateway: { type: 'string', value: 'url', help: 'use this gateway; auth login keeps it' },
  context: { type: 'string', value: 'name', help: 'use the gateway of this name' },
  output: {
    type: 'choice',
    short: 'o',
    value: 'fmt',
    choices: ['table', 'json', 'jsonl'],
    help: 'how to print results; jsonl only for task watch and task logs --follow',
  },
  quiet: { type: 'boolean', short: 'q', help: 'no hints, progress or paging notes' },
  noColor: { type: 'boolean', help: 'no colour' },
} as const satisfies Flags;
