// Preloaded into every program that the region spawns: when the parent is gone, however it went, its end of the channel
// closes, and the child ends too.
process.once('disconnect', () => process.exit(0));
process.channel?.unref();
