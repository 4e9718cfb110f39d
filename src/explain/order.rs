//! One sort for everything, because every sort of another type is a few more kilobytes. Knows no log.

/// The places of `keys` from the smallest key to the largest; equal keys stay in their order.
pub(super) fn by(keys: impl Iterator<Item = u64>) -> Vec<usize> {
    let mut places: Vec<(u64, usize)> = keys.enumerate().map(|(place, key)| (key, place)).collect();
    places.sort_unstable();
    places.into_iter().map(|(_, place)| place).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn equal_keys_stay_in_their_order() {
        assert_eq!(super::by([3, 1, 3, 0, 1].into_iter()), [3, 1, 4, 0, 2]);
    }
}
