/** On stderr: stdout belongs to the command that the set-up was for. */
export function say(line) {
  process.stderr.write(`setup: ${line}\n`);
}
