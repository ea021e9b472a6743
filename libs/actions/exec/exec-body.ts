import { z } from 'zod';

/** The name of the mark that hemostat itself puts into the environment of what it runs. */
export const markName = 'HEMOSTAT_EXEC';

export function markOf(remediationId: string): string {
  return `${markName}=${remediationId}`;
}

/** The mark of a remediation, and nothing shorter: it is looked for in the environment of every process. */
export const markSchema = z
  .string()
  .regex(/^HEMOSTAT_EXEC=[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);

/** What creates the run of a program: its argv and its mark, without terminal, input or privileges. */
export function programBody(argv: readonly string[], mark: string) {
  return {
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    Privileged: false,
    Env: [mark],
    Cmd: argv,
  };
}

/** What creates the run that kills everything that bears the mark, and tells how many that were. */
export function killerBody(mark: string) {
  return {
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    Cmd: ['/bin/sh', '-c', killScript, 'hemostat', mark],
  };
}

/** What starts a created run and hears all that it prints. */
export const startBody = { Detach: false, Tty: false } as const;

/**
 * Ours to the letter; the mark is its only argument. What bears the mark in its environment is the program and what
 * that has started. Again until nothing is found, because it may start something while it is looked for.
 */
const killScript = `total=0
for round in 1 2 3 4 5; do
  found=0
  for each in /proc/[0-9]*; do
    case "$(cat "$each/environ" 2>/dev/null)" in
      *"$1"*) kill -KILL "\${each#/proc/}" 2>/dev/null && found=$((found + 1)) ;;
    esac
  done
  [ "$found" = 0 ] && break
  total=$((total + found))
done
echo "$total"`;
