/**
 * Command lines for a volume in a mount namespace of its own, and for a node that is to see it. Nobody else sees the
 * mount, and the kernel removes it with the last process of the namespace, however that ended: nothing is left mounted.
 *
 * There is no pid namespace: nsenter(1) has to fork into one, and whoever started it could then neither signal the node
 * nor see its end. Neither program forks here: the process that is started becomes the volume, or the node.
 */

export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

/** @param asRoot false: also in a user namespace, in which the caller is root and may mount. */
export function inOwnNamespace({ command, args }: CommandLine, asRoot: boolean): CommandLine {
  return { command: 'unshare', args: [asRoot ? '-m' : '-Urm', '--', command, ...args] };
}

/**
 * @param pid of the volume, that is of the process that `inOwnNamespace` became.
 * @param folder where the command is to work, as the namespace sees it.
 */
export function intoNamespace(
  pid: number,
  { command, args }: CommandLine,
  folder: string,
  asRoot: boolean,
): CommandLine {
  const which = asRoot ? ['-m'] : ['-U', '--preserve-credentials', '-m'];
  // entering a mount namespace goes to its root
  const inFolder = ['sh', '-c', 'cd "$0" && exec "$@"', folder, command, ...args];
  return { command: 'nsenter', args: ['-t', String(pid), ...which, '--', ...inFolder] };
}
