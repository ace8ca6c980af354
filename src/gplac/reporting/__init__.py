"""Tables, charts and the page that tells what came out, beside the paper's figures."""
