//! The files that insurers and clinics exchange: CSV and XML, in CP932, UTF-8 and EUC-JP.
