//! A file cut into slices says what the same file says front to back, whole or damaged.

use ltx::{Error, Slice, Slicer, Tally};
use proptest::prelude::*;

use crate::support::{BOTH_FORMS, Decoded, Page, decode, encode, header, noise, prose};

/// Slices and the tally to prove them with.
fn cut(file: &[u8], most: usize) -> Result<(ltx::Header, Vec<Slice>, Tally), Error> {
    let (mut slicer, tally) = Slicer::new(file)?;
    let mut slices = Vec::new();
    let mut more = true;
    while more {
        let mut slice = Slice::default();
        more = slicer.next(&mut slice, most)?;
        slices.push(slice);
    }
    Ok((*slicer.header(), slices, tally))
}

/// Expands from the last slice to the first, then proves from the first to the last.
fn decode_sliced(file: &[u8], most: usize) -> Result<Decoded, Error> {
    let (header, slices, mut tally) = cut(file, most)?;
    let mut expanded = Vec::new();
    for slice in slices.iter().rev() {
        let mut data = Vec::new();
        slice.expand(&mut data)?;
        expanded.insert(0, data);
    }
    let (mut pages, mut trailer) = (Vec::new(), None);
    for (slice, data) in slices.iter().zip(&expanded) {
        assert!(trailer.is_none(), "a slice follows the last one");
        trailer = slice.prove(data, &mut tally)?;
        let data = data.chunks_exact(header.page_size.bytes()).map(<[u8]>::to_vec);
        pages.extend(slice.pages().map(|page| page.get()).zip(data));
    }
    Ok(Decoded { header, pages, trailer: trailer.unwrap() })
}

/// Page 1 on, from what compresses and what does not.
fn pages(fills: &[u8]) -> Vec<Page> {
    let fill = |(number, fill): (u32, &u8)| match fill % 3 {
        0 => (number, noise(512, u64::from(*fill))),
        1 => (number, prose(512, u64::from(*fill))),
        _ => (number, vec![*fill; 512]),
    };
    (1..).zip(fills).map(fill).collect()
}

#[test]
fn a_slice_holds_as_many_pages_as_were_asked_for_and_at_least_one() {
    let file = encode(header(512, 5, (1, 1)), &pages(&[0, 1, 2, 3, 4]), BOTH_FORMS[0]);
    for (most, expected) in [(0, vec![1; 5]), (1024, vec![2, 2, 1]), (4096, vec![5])] {
        let (_, slices, _) = cut(&file, most).unwrap();
        let counts: Vec<_> = slices.iter().map(|slice| slice.pages().len()).filter(|len| *len > 0).collect();
        assert_eq!(counts, expected, "{most}");
    }
}

#[test]
fn slices_in_another_order_prove_nothing() {
    let file = encode(header(512, 2, (1, 1)), &pages(&[0, 1]), BOTH_FORMS[0]);
    let (_, slices, mut tally) = cut(&file, 512).unwrap();
    let mut expanded = vec![Vec::new(); slices.len()];
    for (slice, data) in slices.iter().zip(&mut expanded) {
        slice.expand(data).unwrap();
    }
    for index in [1, 0] {
        assert!(slices[index].prove(&expanded[index], &mut tally).unwrap().is_none());
    }
    let proven = (2..slices.len()).try_for_each(|index| slices[index].prove(&expanded[index], &mut tally).map(drop));
    assert!(matches!(proven, Err(Error::FileChecksum { .. })));
}

#[test]
fn a_slice_is_reused_whatever_it_held() {
    let mut slice = Slice::default();
    for fills in [&[0, 1, 2][..], &[1]] {
        let file = encode(header(512, fills.len() as u32, (1, 1)), &pages(fills), BOTH_FORMS[1]);
        let (mut slicer, mut tally) = Slicer::new(&file[..]).unwrap();
        assert!(!slicer.next(&mut slice, 1 << 20).unwrap());
        let mut data = vec![7; 9999];
        slice.expand(&mut data).unwrap();
        assert_eq!(data, pages(fills).into_iter().flat_map(|(_, data)| data).collect::<Vec<_>>());
        assert!(slice.prove(&data, &mut tally).unwrap().is_some());
        assert!(slicer.next(&mut slice, 1 << 20).is_err(), "it has ended");
    }
}

proptest! {
    #[test]
    fn slices_say_what_the_decoder_says(
        fills in prop::collection::vec(any::<u8>(), 0..40), form in 0..2usize, snapshot: bool, most in 0..8000usize,
    ) {
        prop_assume!(!(snapshot && fills.is_empty()));
        let commit = if snapshot { fills.len() as u32 } else { 50 };
        let txids = if snapshot { (1, 4) } else { (3, 4) };
        let file = encode(header(512, commit, txids), &pages(&fills), BOTH_FORMS[form]);
        prop_assert_eq!(decode_sliced(&file, most).unwrap(), decode(&file[..]).unwrap());
    }

    #[test]
    fn damage_is_an_error_in_slices_where_it_is_one_for_the_decoder(
        form in 0..2usize, most in 0..2000usize, at: prop::sample::Index, bit in 0..8u8, cut_off: bool,
    ) {
        let mut file = encode(header(512, 4, (1, 4)), &pages(&[0, 1, 2, 4]), BOTH_FORMS[form]);
        let at = at.index(file.len());
        if cut_off { file.truncate(at) } else { file[at] ^= 1 << bit }
        match (decode_sliced(&file, most), decode(&file[..])) {
            (Ok(sliced), Ok(decoded)) => prop_assert_eq!(sliced, decoded),
            (sliced, decoded) => prop_assert!(sliced.is_err() && decoded.is_err(), "byte {}", at),
        }
    }
}
