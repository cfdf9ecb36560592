export const text = (rest) => `settings ${rest} of version ${import.meta.env.VITE_VERSION}`;
