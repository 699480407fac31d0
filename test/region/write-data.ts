import { writeRegionData } from './region.ts';

// What the container `region-data` runs: `npm start` without the systems.
await writeRegionData(process.env.DATA_DIR ?? 'data');
