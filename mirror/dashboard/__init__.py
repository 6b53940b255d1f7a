"""The first pages for MOLIP's staff, in two languages. They read through `mirror.service`."""
