import click


@click.command()
@click.option("--rows", default=3)
def report(rows):
    for row in range(1, rows + 1):
        click.echo(f"row {row}: {'#' * row}")


report()
