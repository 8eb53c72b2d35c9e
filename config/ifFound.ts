/** How the aws provider reports that something does not exist. */
const MISSING = /NoSuchEntity|: not found|couldn't find resource/;

/** What AWS reports of something; undefined if it does not exist. */
export async function ifFound<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (MISSING.test(String(error))) {
      return undefined;
    }
    throw error;
  }
}
