/** An LRS for a gateway to stand in front of, with the credential that it accepts. */
import { startSampleLrs } from '../../services/sample-lrs/main.ts';

export interface Lrs {
  url: string;
  username: string;
  password: string;
  close: () => Promise<void>;
}

export async function sampleLrs(): Promise<Lrs> {
  const credential = { username: 'hallpass', password: 'at-the-lrs' };
  const lrs = await startSampleLrs({ host: '127.0.0.1', port: 0, credentials: [credential] });
  return { ...credential, url: lrs.url, close: () => lrs.close() };
}
