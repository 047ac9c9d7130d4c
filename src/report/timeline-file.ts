/** Name of a run's time axis in its folder; apart from its schema, which takes longer to load than most commands do. */
export const timelineFile = 'timeline.json';
