/**
 * Calls a tool through the MCP gateway at a fixed rate for a while; every call must be answered and have its row.
 *   npm run tools -- [--seconds 600] [--rate 1000]
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { callForLong } from './lines/tools.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    rate: { type: 'string', default: '1000' },
  },
});
const { calls, p50, p95 } = await callForLong(Number(values.rate), Number(values.seconds) * 1000);
process.stdout.write(
  `${calls} calls in ${values.seconds} s, each answered and with its row; p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms\n`,
);
