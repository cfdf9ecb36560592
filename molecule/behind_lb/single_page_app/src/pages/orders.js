export const text = (rest) => `orders ${rest} of version ${import.meta.env.VITE_VERSION}`;
