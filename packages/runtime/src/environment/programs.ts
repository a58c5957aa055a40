import type { Variable } from '../config/index.ts';

/** What is told of variables that a program reads where it needs them, without a schema. */
export type Described = Readonly<Record<string, Omit<Variable, 'field'>>>;

/** Variables of `cynode` itself. */
export const cynodeVariables = {
  CYNODE_HOME: {
    about: 'State folder of the install',
    unset: '`cynode` below `XDG_STATE_HOME`, else `~/.local/state/cynode`',
  },
  XDG_STATE_HOME: { about: 'Folder with the state folder in it', unset: '`~/.local/state`' },
  DATABASE_URL: {
    about: 'PostgreSQL 16 or newer of your own; kept with the install, until `--database embedded`',
    unset: 'the one that is kept, else the embedded PostgreSQL',
    secret: true,
  },
  OLLAMA_BASE_URL: {
    about: 'Model service to use; kept with the install, handed on to the node',
    unset: 'an Ollama at `OLLAMA_PORT` of this host, else what `--inference` says',
  },
  CONTAINER_RUNTIME: {
    about:
      'Container engine of the install, podman or docker; kept with it, never replaced by the other',
    unset: 'the one of the last start, `podman` at first',
  },
  DOCKER_HOST: {
    about: 'Socket of the Docker daemon, where docker is the engine; kept with the install',
    unset: '`unix:///var/run/docker.sock`',
  },
  XDG_RUNTIME_DIR: {
    about: 'Runtime folder of the user; sockets live below it',
    unset: '`/run` for root, else `/tmp`',
  },
  CI: {
    about: 'Anything but false or 0: nobody is asked, packages may be installed',
    unset: 'none',
  },
  http_proxy: {
    about:
      'Proxy for packages and images, never for our own services; so are `https_proxy` and `no_proxy`',
    unset: 'none',
  },
  NODE_COMPILE_CACHE: {
    about: 'Folder of compiled code of every process',
    unset: 'below `.cynode` of the checkout',
  },
  NODE_EXTRA_CA_CERTS: { about: 'Further certificates of every process', unset: 'none' },
  TZ: { about: 'Time zone of every process', unset: 'none' },
} as const satisfies Described;

/** Variables of `cynork`. */
export const cynorkVariables = {
  CYNORK_GATEWAY_URL: {
    about: 'Base URL of the gateway',
    unset:
      '`gateway_url` of the config file, else the install of this user, else `http://localhost:8080`',
  },
  CYNODE_HOME: {
    about: 'State folder of the install that is looked for',
    unset: 'as for `cynode`',
  },
  CYNORK_TOKEN: {
    about: 'Access token to use instead of the stored session',
    unset: 'none',
    secret: true,
  },
  XDG_CONFIG_HOME: { about: 'Folder with `cynork/config.yaml` in it', unset: '`~/.config`' },
  NO_COLOR: { about: 'Set to anything: no colour', unset: 'none' },
} as const satisfies Described;
