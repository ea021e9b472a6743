import { Problem } from '#libs/contracts/problem';
import { asSentence } from '../answers/sentence.ts';

/** For `catch` on routes whose caller names no container: a wrong name is a wrong setting there. */
export function namingSettings(...settings: readonly string[]): (error: unknown) => never {
  return (error) => {
    const misnamed =
      error instanceof Problem && (error.code === 'container_not_found' || error.code === 'ambiguous_target');
    if (!misnamed) throw error;
    const names = settings.join(', ');
    const detail = `${asSentence(error.message)} The name comes from the gateway's settings (${names}); correct it there and restart the gateway.`;
    throw new Problem(error.code, detail, { errors: error.errors, extras: error.extras, cause: error });
  };
}
