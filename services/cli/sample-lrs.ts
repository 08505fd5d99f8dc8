/** `sample-lrs`: the sample LRS, a process of its own. */
import { SAMPLE_LRS_NOTICE } from '../sample-lrs/app.ts';
import { startSampleLrs } from '../sample-lrs/main.ts';
import { createLog } from '../shared/log.ts';
import { UsageError, type Command } from './context.ts';
import { sampleAuthority } from './service-settings.ts';
import { settingsOf } from './settings-of.ts';
import { untilSignal } from './until-signal.ts';

export const sampleLrs: Command = async (context) => {
  const settings = settingsOf(context, 'cli');
  const log = createLog('sample-lrs', settings.HALLPASS_LOG_LEVEL);
  const { HALLPASS_LRS_USERNAME: username, HALLPASS_LRS_PASSWORD: password } = settings;
  if (!username || !password)
    throw new UsageError('set HALLPASS_LRS_USERNAME and HALLPASS_LRS_PASSWORD: the credential it is to accept');
  context.note(SAMPLE_LRS_NOTICE);
  const { HALLPASS_HOST: host, HALLPASS_PORT: port } = settings;
  const credentials = [{ username, password }];
  const service = await startSampleLrs({ host, port, credentials, authority: sampleAuthority(settings) });
  log.info({ url: service.url }, 'listening');
  await untilSignal(log, [service]);
};
