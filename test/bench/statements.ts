/** A statement of 0.8 KB, as a course player sends it. */

export function statement(n: number): object {
  const number = String(n).padStart(12, '0');
  return {
    id: `6f9c6d0e-6f0c-4f52-8d58-${number}`,
    actor: { objectType: 'Agent', name: 'Ada Lovelace', mbox: 'mailto:ada.lovelace@example.org' },
    verb: { id: 'http://adlnet.gov/expapi/verbs/completed', display: { 'en-US': 'completed', de: 'abgeschlossen' } },
    object: {
      objectType: 'Activity',
      id: `https://courses.example.org/analytical-engine/lesson/${n}`,
      definition: {
        type: 'http://adlnet.gov/expapi/activities/lesson',
        name: { 'en-US': 'How the mill works', de: 'Wie die Mühle arbeitet' },
      },
    },
    result: {
      score: { scaled: 0.95, raw: 95, min: 0, max: 100 },
      success: true,
      completion: true,
      duration: 'PT12M31S',
    },
    context: {
      registration: '0d6d8ba4-7d4b-4f4e-9d57-9d7a1b1d1f02',
      contextActivities: { parent: [{ id: 'https://courses.example.org/analytical-engine' }] },
    },
    timestamp: '2026-01-01T00:00:00.000Z',
  };
}
