/** Names under which people write secrets; `…_env` names the variable that holds one, and is fine. */
const secretName =
  /(?:^|[._-])(?:password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|client[_-]?secret|credentials)$/i;

/** True when a field or key of that name would hold a secret itself. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** Dotted path of the first field, at any depth, whose name says that it holds a secret; undefined when there is none. */
export function findSecretField(value: unknown): string | undefined {
  const pending: { readonly value: unknown; readonly path: string }[] = [{ value, path: '' }];
  for (let entry = pending.shift(); entry !== undefined; entry = pending.shift()) {
    if (typeof entry.value !== 'object' || entry.value === null) continue;
    for (const [name, item] of Object.entries(entry.value)) {
      const path = entry.path === '' ? name : `${entry.path}.${name}`;
      if (isSecretName(name)) return path;
      pending.push({ value: item, path });
    }
  }
  return undefined;
}
