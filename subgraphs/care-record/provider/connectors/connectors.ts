import type { ConnectorName } from '../../register-entry.ts';
import type { Connector } from '../connector.ts';
import { fhirR4 } from './fhir-r4/connect.ts';
import { gpConnect } from './gp-connect/connect.ts';
import { socialCare } from './social-care/connect.ts';

/** Every protocol that we host, by the name a register entry gives it. */
export const connectors: Readonly<Record<ConnectorName, Connector>> = Object.freeze({
  'fhir-r4': fhirR4,
  'gp-connect': gpConnect,
  'social-care': socialCare,
});
