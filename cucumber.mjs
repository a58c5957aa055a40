import process from 'node:process';

export default {
  paths: ['features/**/*.feature'],
  import: ['features/support/**/*.ts', 'features/steps/**/*.ts'],
  format: ['progress', 'json:.cynode/reports/cucumber.json'],
  strict: true,
  // A Docker daemon of a scenario's own can be started by root only.
  ...(process.getuid?.() !== 0 && { tags: 'not @root_only' }),
};
