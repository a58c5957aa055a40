/** How the variables of a job travel to the engine. */
export interface RunEnvironment {
  /** `NAME=value` lines of the environment file. */
  readonly file: string;
  /** Variables that a line cannot hold; they go through the engine's own environment, by name. */
  readonly byName: Readonly<Record<string, string>>;
  /** Names that can travel neither way. */
  readonly refused: readonly string[];
}

/** The engine reads the environment file with a scanner that gives up at 64 KiB a line. */
const lineBytes = 60 * 1024;

/**
 * Variables the engine, its helpers or their libraries listen to. In the engine's own environment one of
 * them would let a job load a library into the engine or point it at another configuration.
 */
const engineNames =
  /^(?:_.*|LD_.*|GLIBC_.*|MALLOC_.*|GCONV_PATH|LOCPATH|NLSPATH|LANG|LANGUAGE|LC_.*|GO.*|CGO_.*|PATH|HOME|USER|LOGNAME|SHELL|IFS|ENV|BASH.*|PS4|TZ|TZDIR|TMPDIR|TEMP|TMP|TERM|PWD|OLDPWD|XDG_.*|DBUS_.*|LISTEN_.*|NOTIFY_SOCKET|INVOCATION_ID|WATCHDOG_.*|SYSTEMD_.*|JOURNAL_.*|CONTAINER.*|STORAGE_.*|PODMAN_.*|BUILDAH_.*|REGISTRY_.*|REGISTRIES_.*|DOCKER_.*|OCI_.*|CNI_.*|NETAVARK_.*|CONMON_.*|CRUN_.*|RUNC_.*|LIBCRUN_.*|LIBPOD_.*|SSL_.*|GNUPGHOME|GPG_.*|KUBE.*|RES_OPTIONS|HOSTALIASES|LOCALDOMAIN|RESOLV_.*|SSH_.*|(?:https?|ftp|all|no)_proxy)$/i;

/**
 * Splits the variables of a job. A file, never seen by name or in the host's process list, is the rule: the
 * engine does not take its lines for its own. Only values with line breaks or beyond 60 KiB go by name.
 */
export function runEnvironment(env: Readonly<Record<string, string>>): RunEnvironment {
  const lines: string[] = [];
  const byName: Record<string, string> = {};
  const refused: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    const line = `${name}=${value}\n`;
    const fits = !/[\r\n]/.test(value) && Buffer.byteLength(line) <= lineBytes;
    if (fits) lines.push(line);
    else if (engineNames.test(name)) refused.push(name);
    else byName[name] = value;
  }
  return { file: lines.join(''), byName, refused };
}
