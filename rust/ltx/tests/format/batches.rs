//! Pages compressed in batches.

use ltx::{Encoder, Error, PageBatch, PageForm};

use crate::support::{BOTH_FORMS, Page, encode, header, page, prose};

fn in_batches(pages: &[Page], size: usize, form: PageForm) -> Vec<u8> {
    let header = header(512, pages.len() as u32, (1, 1));
    let mut encoder = Encoder::new(Vec::new(), header, form).unwrap();
    let mut batch = PageBatch::new(header.page_size, form);
    for chunk in pages.chunks(size) {
        batch.clear();
        for (number, data) in chunk {
            batch.push(page(*number), data).unwrap();
        }
        batch.compress();
        encoder.batch(&batch).unwrap();
    }
    encoder.finish().unwrap().0
}

#[test]
fn a_file_written_in_batches_is_the_file_written_page_by_page() {
    let pages: Vec<Page> = (1..=50).map(|n| (n, prose(512, u64::from(n)))).collect();
    for form in BOTH_FORMS {
        for size in [1, 7, 50] {
            assert_eq!(in_batches(&pages, size, form), encode(header(512, 50, (1, 1)), &pages, form));
        }
    }
}

#[test]
fn a_batch_obeys_the_order_of_pages_and_the_page_size() {
    let header = header(512, 2, (2, 2));
    let mut encoder = Encoder::new(Vec::new(), header, PageForm::Block).unwrap();
    let mut batch = PageBatch::new(header.page_size, PageForm::Block);
    assert!(matches!(batch.push(page(1), &[0; 511]), Err(Error::PageLength { found: 511, .. })));
    for number in [2, 1] {
        batch.push(page(number), &[0; 512]).unwrap();
    }
    batch.compress();
    assert!(matches!(encoder.batch(&batch), Err(Error::PageOrder { .. })));
}

#[test]
fn a_batch_is_full_after_a_mebibyte() {
    for page_size in [512, 4096, 65_536] {
        let mut batch = PageBatch::new(header(page_size, 1, (1, 1)).page_size, PageForm::Block);
        let mut pages = 0;
        while !batch.is_full() {
            pages += 1;
            batch.push(page(pages), &vec![0; page_size as usize]).unwrap();
        }
        assert_eq!(pages * page_size, 1 << 20);
    }
}
