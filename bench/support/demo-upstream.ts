/** The demo model, the cheapest model service of the product, on any free port: prints the port, ends with its input. */
import process from 'node:process';
import { startDemoModel } from '@cynodeai/demo-model/processes/start-demo-model';
import { Shutdown } from '@cynodeai/runtime/lifecycle';
import { type Log, silentLog } from '@cynodeai/runtime/observe';

const log: Log = {
  ...silentLog,
  info: (_message, fields) => void process.stdout.write(`${String(fields?.['port'])}\n`),
};
const { signal } = new AbortController();
const scope = { log, signal, shutdown: new Shutdown(log), fail: () => process.exit(1) };
process.stdin.resume().on('end', () => process.exit(0));
await startDemoModel({ LISTEN_ADDR: '127.0.0.1:0' }, scope);
