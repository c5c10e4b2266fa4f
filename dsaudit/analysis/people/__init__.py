"""Several people's labels: agreement, consensus, quality.

Annotations are tables of ``item_id``, ``annotator`` and ``label``, one row per opinion. Coefficients of agreement are 1
where all agree, 0 where chance would do as well, and below 0 where it would do better.
"""
