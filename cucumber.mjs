import { spawnSync } from 'node:child_process';
import process from 'node:process';

const isRoot = process.getuid?.() === 0;

/** Whether this machine makes networks of their own, which some machines in containers do not. */
function canMakeNetworks() {
  const made = 'ip link add cable type veth peer cable2 && command -v nsenter';
  return isRoot && spawnSync('unshare', ['--net', 'sh', '-c', made]).status === 0;
}

const without = [
  // A Docker daemon of a scenario's own can be started by root only.
  ...(isRoot ? [] : ['not @root_only']),
  ...(canMakeNetworks() ? [] : ['not @two_machines']),
];

export default {
  paths: ['features/**/*.feature'],
  import: ['features/support/**/*.ts', 'features/steps/**/*.ts'],
  format: ['progress', 'json:.cynode/reports/cucumber.json'],
  strict: true,
  // Each worker has a stack, a database and a node of its own; scenarios mostly wait.
  parallel: 2,
  ...(without.length > 0 && { tags: without.join(' and ') }),
};
