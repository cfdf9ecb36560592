export const text = (rest) => `home ${rest} of version ${import.meta.env.VITE_VERSION}`;
